import { type ModelPlan, unavailable } from './wanted-model.js';

/** Waits for a hub, and not for ever. */
export interface Silence {
  readonly signal: AbortSignal;
  /** Begin to wait anew. */
  heard(): void;
  /** Wait for nothing for now. */
  rest(): void;
  end(): void;
  /** Say what an error means that came while it was waited for. */
  explain(error: unknown): unknown;
}

/** Aborts when the hub is silent for too long, or when the one who asked does not want it any more. */
export function watchSilence({ stallMs }: ModelPlan, url: string, outer: AbortSignal): Silence {
  const controller = new AbortController();
  const stop = () => controller.abort(outer.reason);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isSilent = false;
  const silence: Silence = {
    signal: controller.signal,
    heard() {
      clearTimeout(timer);
      timer = setTimeout(() => {
        isSilent = true;
        controller.abort();
      }, stallMs);
    },
    rest: () => clearTimeout(timer),
    end() {
      clearTimeout(timer);
      outer.removeEventListener('abort', stop);
    },
    explain(error) {
      if (outer.aborted) return outer.reason;
      if (isSilent) {
        return unavailable(
          `${url} has been silent for ${stallMs} ms; see to the network, or raise stallMs`,
          true,
          error,
        );
      }
      if (!(error instanceof TypeError)) return error;
      const why =
        (error.cause instanceof Error && (error.cause.message || codeOf(error.cause))) || error.message;
      return unavailable(
        `the connection to ${new URL(url).origin} failed (${why}); see to the network, or use offline with a model that is there`,
        true,
        error,
      );
    },
  };
  outer.addEventListener('abort', stop, { once: true });
  if (outer.aborted) stop();
  silence.heard();
  return silence;
}

/** Where every address of a host was tried in vain there is no message, only a code. */
const codeOf = (error: Error): string | undefined => ('code' in error ? String(error.code) : undefined);
