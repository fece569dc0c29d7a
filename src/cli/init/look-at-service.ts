import {
  fetchServerCertificate,
  probeHealth,
  type ServerCertificate,
  type Trust,
} from '../../adapters/streaming-service/index.js';
import { isVoiceError } from '../../index.js';

/** What stands at an address. */
export type ServiceLook =
  /** Something that would be called as it is: over TLS with a certificate that is believed, or in plain text on this machine. */
  | { readonly type: 'answers'; readonly secured: boolean }
  /** Plain text, on another machine. */
  | { readonly type: 'plain' }
  /** A certificate that is not believed yet. */
  | { readonly type: 'stranger'; readonly certificate: ServerCertificate; readonly why: string }
  /** Wants to see a certificate of the caller. */
  | { readonly type: 'wants-certificate'; readonly why: string }
  /** A certificate that must not be believed: another one than was pinned, or one that is not valid now. */
  | { readonly type: 'refused'; readonly isOther: boolean; readonly why: string }
  /** Nothing that answers. */
  | { readonly type: 'away'; readonly why: string };

/** Longest wait for one answer, of which there are two. Units: ms. */
const timeoutMs = 5000;

/**
 * Look at what stands there, and whether it would be believed.
 *
 * @remarks
 * Nothing is asked of the service but `GET /health`, which it need not know. Never rejects. Timing: at most 12 s.
 */
export async function lookAtService(target: string, trust: Partial<Trust>): Promise<ServiceLook> {
  const isNear = isThisMachine(target);
  const hasTerms = Object.values(trust).some((term) => term !== null && term !== false);
  let certificate: ServerCertificate | undefined;
  try {
    const { serverName = null } = trust;
    certificate = await fetchServerCertificate(target, { serverName, timeoutMs });
  } catch (error) {
    const { code, why } = said(error);
    if (code === 'UPSTREAM_TLS_UNEXPECTED') {
      return isNear || trust.insecure ? { type: 'answers', secured: false } : { type: 'plain' };
    }
    // One that wants a certificate first shows its own later.
    if (code !== 'UPSTREAM_TLS_CLIENT_REFUSED') return { type: 'away', why };
    if (!trust.clientCertificate) return { type: 'wants-certificate', why };
  }
  const isUnexpected = isNear && !hasTerms && certificate;
  if (isUnexpected) {
    return {
      type: 'stranger',
      certificate: isUnexpected,
      why: `${target} speaks TLS, and on this machine plain text is spoken unless a certificate is given`,
    };
  }
  try {
    await probeHealth(target, { trust, timeoutMs });
  } catch (error) {
    const { code, why } = said(error);
    switch (code) {
      case 'UPSTREAM_TLS_UNTRUSTED':
      case 'UPSTREAM_TLS_WRONG_NAME':
        return certificate ? { type: 'stranger', certificate, why } : { type: 'away', why };
      case 'UPSTREAM_TLS_CLIENT_REFUSED':
        return { type: 'wants-certificate', why };
      case 'UPSTREAM_TLS_EXPIRED':
      case 'UPSTREAM_TLS_WRONG_PIN':
        return { type: 'refused', isOther: code === 'UPSTREAM_TLS_WRONG_PIN', why };
      case 'UPSTREAM_TLS_EXPECTED':
      case 'OPTION_INVALID':
        return { type: 'away', why };
      default:
      // It shook hands, and only the question was none for it.
    }
  }
  return { type: 'answers', secured: true };
}

function said(error: unknown): { readonly code: string; readonly why: string } {
  const message = error instanceof Error ? error.message : String(error);
  const [sentence = ''] = message.replace(/^\[\w+\] /, '').split('; ');
  return { code: isVoiceError(error) ? error.code : '', why: sentence };
}

/** Whose traffic nobody else sees: the service is called in plain text there. */
function isThisMachine(target: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]):\d+$/i.test(target);
}
