// At the partner: GET /sell/2738 sends the signed-in user to that event in the application.
const { COUNTERSIGN, API_KEY } = process.env // API_KEY: with the scope `links`

export default async function sell(request, response) {
  const user = { userId: '7421', email: 'ana@northstar.example' } // whom your own session names
  const params = { event_id: request.url.split('/').at(-1) }
  const answer = await fetch(`${COUNTERSIGN}/v1/links`, {
    method: 'POST',
    headers: { Authorization: API_KEY, 'Content-Type': 'application/json' },
    body: JSON.stringify({ flow: 'sell', params, user }),
  })
  if (!answer.ok) throw new Error(await answer.text()) // its request_id tells the operator why

  const { data: link } = await answer.json()
  response.writeHead(303, { Location: link, 'Cache-Control': 'no-store' }).end()
}
