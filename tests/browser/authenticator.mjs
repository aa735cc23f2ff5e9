// An authenticator that the browser plays itself (WebAuthn Level 3 §11.2).
import { visitor } from './demo.mjs';

/** A page with an authenticator: a phone's own, unless said otherwise. */
export async function withAuthenticator(demo, t, options = {}, browser = {}) {
  const context = await visitor(demo, t, { viewport: { width: 390, height: 800 }, ...browser });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: {
    protocol: 'ctap2',
    transport: 'internal',
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: false,
    defaultBackupEligibility: true,
    defaultBackupState: true,
    ...options,
  } });
  const touch = (enabled = true) => cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
  const held = async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
  return { page, cdp, authenticatorId, touch, held };
}
