// At the partner: the login ends here, at /back?returnTo=…, once the user has signed in.
const { COUNTERSIGN, API_KEY, APP } = process.env // API_KEY: with the scope `mint`

export default async function back(request, response) {
  const user = 'ana@northstar.example' // whom your own session names
  const returnTo = new URL(request.url, APP).searchParams.get('returnTo') ?? ''
  // APP is https://market.example: with the slash behind it, no other host can follow.
  if (!returnTo.startsWith(`${APP}/`)) return response.writeHead(400).end('Unknown returnTo.')

  const mint = `${COUNTERSIGN}/v1/auth/oneTimeToken?user=${encodeURIComponent(user)}`
  const answer = await fetch(mint, { headers: { Authorization: API_KEY } })
  if (!answer.ok) throw new Error(await answer.text()) // its request_id tells the operator why

  const { data: token } = await answer.json()
  const url = new URL(returnTo)
  url.search += `${url.search ? '&' : '?'}oneTimeToken=${token}` // what was there stays
  response.writeHead(303, { Location: url.href, 'Cache-Control': 'no-store' }).end()
}
