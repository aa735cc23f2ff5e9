// A resident's browser, as far as our pages need one: cookies, redirects and forms.
import assert from 'node:assert/strict'

async function lastCode(issuer, phone) {
  const outbox = await fetch(`${issuer}/dev/outbox.json?phone=${phone}`)
  const [{ code }] = await outbox.json()
  return code
}

export class Resident {
  #jar = new Map()

  // `code` answers the code that was sent last: where there is no outbox to look into, the number's own.
  constructor(issuer, phone, code = () => lastCode(issuer, phone)) {
    this.issuer = issuer
    this.phone = phone
    this.code = code
  }

  // Signs in and agrees where asked; the URL at which the department gets its answer.
  async signIn(authorization) {
    const page = await this.#agree(await this.visit(authorization))
    assert.ok(page.left, `still at ${page.place}: ${page.page}`)
    return page.left
  }

  // Lets the device sign in whose code stands in the address.
  async allowDevice(verification) {
    const found = await this.#press(await this.visit(verification), 'find-device')
    const { page } = await this.#agree(await this.#press(found, 'go-on'))
    assert.match(page, /id="told"/)
  }

  async #agree(asked) {
    let page = await this.#press(asked, 'send-code', { phone: this.phone })
    page = await this.#press(page, 'verify', { code: await this.code() })
    return page.left ? page : this.#press(page, 'allow')
  }

  // Follows redirects to a page of the provider's, or to where they leave it.
  async visit(place, form) {
    const headers = { cookie: [...this.#jar].map((pair) => pair.join('=')).join('; ') }
    if (form) Object.assign(headers, { origin: this.issuer, 'sec-fetch-site': 'same-origin' })
    const answer = await fetch(place, { redirect: 'manual', headers, method: form ? 'POST' : 'GET', body: form })
    for (const cookie of answer.headers.getSetCookie()) {
      const [name, ...value] = cookie.split(';')[0].split('=')
      if (/max-age=0(;|$)/i.test(cookie)) this.#jar.delete(name)
      else this.#jar.set(name, value.join('='))
    }
    if (![302, 303].includes(answer.status)) {
      const page = await answer.text()
      assert.equal(answer.status, 200, `${place}: ${page}`)
      return { place, page }
    }
    const next = new URL(answer.headers.get('location'), place)
    return next.origin === this.issuer ? this.visit(next) : { left: next }
  }

  // Presses a button: its form's hidden and ticked fields, and what was typed.
  #press({ place, page }, id, typed = {}) {
    const at = page.indexOf(`id="${id}"`)
    assert.notEqual(at, -1, `no ${id} at ${place}: ${page}`)
    const form = page.slice(page.lastIndexOf('<form', at), page.indexOf('</form>', at))
    const read = (tag, name) =>
      tag.match(new RegExp(` ${name}="([^"]*)"`))?.[1].replaceAll('&amp;', '&').replaceAll('&#38;', '&')
    const fields = new URLSearchParams()
    for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
      if (/type="hidden"/.test(tag) || / checked/.test(tag)) fields.append(read(tag, 'name'), read(tag, 'value') ?? 'on')
      else if (!/type="checkbox"/.test(tag)) fields.append(read(tag, 'name'), read(tag, 'value') ?? '')
    }
    const button = page.slice(page.lastIndexOf('<', at), page.indexOf('>', at))
    if (read(button, 'name')) fields.append(read(button, 'name'), read(button, 'value') ?? '')
    for (const [name, value] of Object.entries(typed)) fields.set(name, value)
    return this.visit(new URL(read(button, 'formaction') ?? read(form, 'action'), place), fields)
  }
}
