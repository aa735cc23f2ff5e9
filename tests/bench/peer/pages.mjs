// Sign-in by phone number and code, then consent: the same steps and requests as Yimen's, and nothing else. No
// message goes out (the code is always the same), no limit is kept, nothing is encrypted or written to an audit.
export const CODE = '135790'

export async function interact(provider, resource, request, response) {
  const [, , uid, step] = request.url.split('/')
  const details = await provider.interactionDetails(request, response)
  if (request.method === 'GET') return show(response, uid, step ?? details.prompt.name)
  const form = new URLSearchParams(await body(request))
  switch (step) {
    case 'phone':
      details.result = { phone: form.get('phone') }
      await details.persist()
      return redirect(response, `/interaction/${uid}/code`)
    case 'code':
      if (form.get('code') !== CODE) return redirect(response, `/interaction/${uid}/code`)
      return finish(provider, request, response, { login: { accountId: details.result.phone } })
    case 'consent': {
      const grantId = await grant(provider, resource, details)
      return finish(provider, request, response, { consent: { grantId } })
    }
    default:
      return response.writeHead(404).end()
  }
}

async function grant(provider, resource, details) {
  const accountId = details.session.accountId
  const given = details.grantId
    ? await provider.Grant.find(details.grantId)
    : new provider.Grant({ accountId, clientId: details.params.client_id })
  given.addOIDCScope(details.params.scope)
  given.addResourceScope(resource, 'openid phone')
  return given.save()
}

function finish(provider, request, response, result) {
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
}

const forms = {
  login: ['phone', '<input name="phone" id="phone"><button id="send-code">Send code</button>'],
  code: ['code', '<input name="code" id="code"><button id="verify">Sign in</button>'],
  consent: ['consent', '<button id="allow">Allow</button>'],
}

function show(response, uid, step) {
  const [action, fields] = forms[step]
  const page = `<!doctype html><title>Sign in</title><form method="post" action="/interaction/${uid}/${action}">${fields}</form>`
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-length': Buffer.byteLength(page) }
  response.writeHead(200, headers).end(page)
}

function redirect(response, place) {
  response.writeHead(303, { location: place, 'content-length': 0 }).end()
}

async function body(request) {
  let text = ''
  for await (const part of request) text += part
  return text
}
