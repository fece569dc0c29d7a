import { describe, expect, it } from 'vitest';
import type { Answer } from '../examples/reference-server/answers.js';
import { startReferenceServer } from '../examples/reference-server/reference-server.js';
import { streamingService } from '../src/adapters/streaming-service/index.js';
import { type ContractAnswer, describeUpstreamContract } from '../src/testing/contracts/upstream.contract.js';

const sentences = ['Hello! How can I help you?'];

const answers: Record<ContractAnswer, Answer> = {
  complete: { sentences },
  // A minute and a half of speech, which takes nine seconds to send.
  long: { sentences: Array.from({ length: 50 }, () => 'Hello! How can I help you?') },
  fails: { sentences, fault: 'fails' },
  silent: { sentences, fault: 'never-answers' },
  stalls: { sentences, fault: 'stalls' },
  stops: { sentences, fault: 'stops-in-mid-sentence' },
  drops: { sentences, fault: 'drops-connection' },
};

describeUpstreamContract(
  { describe, it, expect },
  {
    name: 'streamingService with the reference server',
    silenceLimitMs: 4000,
    async create() {
      let answer: ContractAnswer = 'complete';
      let seen = 0;
      const server = await startReferenceServer({
        voice: 'prompts',
        timeToFirstByteMs: 20,
        chunkMs: 20,
        deliveryRate: 10,
        answers: () => answers[answer],
        onRequest: () => {
          seen += 1;
        },
      });
      return {
        upstream: streamingService({
          target: `127.0.0.1:${server.port}`,
          hardwareId: 'contract-suite',
          firstMessageMs: 1000,
          betweenMessagesMs: 1000,
          retryDelayMs: 20,
          maxRetryDelayMs: 40,
        }),
        answerWith: (next) => {
          answer = next;
        },
        advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
        openCalls: server.openStreams,
        seenCalls: () => seen,
        destroy: server.close,
      };
    },
  },
);
