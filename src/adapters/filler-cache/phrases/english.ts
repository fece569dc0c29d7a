import type { PhrasesByContext } from '../filler-phrases.js';

/**
 * What a person says while they look something up. Between half a second and three, since a filler is spoken only where it is over before
 * the answer is expected; none of them promises what the answer might not keep.
 */
export const englishPhrases: PhrasesByContext = {
  question: [
    'Hmm.',
    'Let me see.',
    'Let me think.',
    'Good question.',
    'Let me check that.',
    'Let me look that up.',
    'Hmm, let me see.',
    'One moment, I am looking.',
  ],
  request: [
    'One moment.',
    'Just a moment.',
    'Let me see.',
    'Okay, one moment.',
    'Just a second, please.',
    'All right, give me a moment.',
    'I am on it.',
  ],
  greeting: ['Hi.', 'Hello.', 'Hi there.', 'Hello there.'],
  'long-wait': [
    'Still looking.',
    'This takes a little longer.',
    'I am still on it, one moment.',
    'Thank you for waiting.',
    'It will take a bit longer, sorry.',
  ],
  apology: [
    'I cannot reach the server, one moment.',
    'Sorry, I have lost the connection. Please try again in a moment.',
    'The connection is still down. I will keep trying.',
  ],
};
