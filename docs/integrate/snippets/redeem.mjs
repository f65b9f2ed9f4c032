// In the application: where a page needs a user, and your session check found nobody.
import { randomUUID } from 'node:crypto'
const { COUNTERSIGN, API_KEY, APP, LOGIN_URL } = process.env // API_KEY: with the scope `redeem`
const page = '<form method=post><button>Continue</button></form><script>document.forms[0].submit()</script>'
const go = (response, Location, cookie) => response.writeHead(303, { Location,
  'Set-Cookie': `__Host-${cookie}; Path=/; Secure; HttpOnly; SameSite=Lax` }).end()
export default async function enter({ method, url, headers: { cookie = '' } }, response) {
  const { pathname, searchParams } = new URL(APP + url)
  const [token, state, fresh] = [searchParams.get('oneTimeToken'), searchParams.get('state'), randomUUID()]
  const returnTo = encodeURIComponent(`${APP}${pathname}?state=${fresh}`)
  if (!token) return go(response, `${LOGIN_URL}?returnTo=${returnTo}`, `state=${fresh}; Max-Age=900`)
  const left = state && cookie.split('; ').includes(`__Host-state=${state}`)
  if (!left) return response.writeHead(403).end('Please begin again.') // it was another browser
  response.setHeader('Content-Type', 'text/html').setHeader('Referrer-Policy', 'no-referrer')
  if (method !== 'POST') return response.end(page) // whoever only looks redeems nothing
  const answer = await fetch(`${COUNTERSIGN}/v1/one-time-tokens/redeem`, { method, body: JSON.stringify({ token, nonce: state }),
    headers: { Authorization: API_KEY, 'Content-Type': 'application/json' } })
  if (!answer.ok) throw new Error(await answer.text()) // its request_id tells the operator why
  go(response, APP + pathname, `device=${(await answer.json()).authentication.token}; Max-Age=2592000`)
}
