// Serves one of these handlers, to try it: PORT=8000 node serve.mjs link.mjs
import { createServer } from 'node:http'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const { default: handle } = await import(pathToFileURL(resolve(process.argv[2])))

const server = createServer(async (request, response) => {
  try {
    await handle(request, response)
  } catch (error) {
    console.error(error.message)
    response.writeHead(502).end('That did not work. Please try again.')
  }
})
server.listen(process.env.PORT, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`)
})
