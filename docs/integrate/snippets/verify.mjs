// In your API, with Express: a route behind `signedIn` knows whose session it is.
import express from 'express'

async function signedIn(request, response, next) {
  const bearer = /^bearer +(css_.*)/i.exec(request.get('authorization'))?.[1]
  const cookie = /(?:^|; *)__Host-countersign-session=([^;]*)/.exec(request.get('cookie'))?.[1]
  const headers = { Authorization: `Bearer ${bearer ?? cookie ?? ''}` }
  const signal = AbortSignal.timeout(2000)
  try {
    const answer = await fetch(`${process.env.COUNTERSIGN}/v1/sessions/verify`, { headers, signal })
    const body = await answer.json() // to its end, so that the connection is used again
    if (answer.status === 401) return response.set('WWW-Authenticate', 'Bearer').sendStatus(401)
    if (!answer.ok) throw new Error(body.error_message)
    response.locals.session = body
  } catch (error) {
    console.error(error) // nobody can know whose it is, so nobody is signed out
    return response.set('Retry-After', '1').sendStatus(503)
  }
  next()
}

export default express().get('/me', signedIn, (_, response) => response.json(response.locals.session.user))
