import { describe, expect, it } from 'vitest';
import { turnContextOf } from './turn-context.js';

const examples = {
  question: [
    'What time is it?',
    'what time is it',
    "what's the weather like tomorrow",
    'So, how far is the moon?',
    'In what year was it built?',
    'Is the museum open on Monday?',
    'is it far',
    'Do you know where the exit is?',
    'Can you tell me how much a ticket costs?',
    'tell me where the toilets are',
    'Hello, where can I find the lift?',
    "I am going to Berlin tomorrow. What's the weather there?",
    'There is still a train today?',
    'Сколько времени?',
    'сколько сейчас времени',
    'В каком году построили этот дом?',
    'Скажите, пожалуйста, где здесь туалет?',
    'подскажите как пройти к выходу',
    'Есть ли у вас билеты на завтра',
    'Здравствуйте, когда откроется касса?',
    'А почему он закрыт?',
    'Музей открыт?',
    'Знаете ли вы дорогу',
  ],
  request: [
    'Turn on the light.',
    'turn off the music',
    'Can you turn on the light?',
    'Could you play some jazz',
    'Please call a taxi',
    "I'd like a coffee",
    'I need a ticket to Berlin',
    'Tell me a story.',
    'Okay, show me the map',
    'Hey, play some music',
    'A coffee, please.',
    'Hello. Book me a table for two.',
    'Включи свет',
    'Включите, пожалуйста, свет.',
    'расскажи анекдот',
    'Можешь поставить музыку?',
    'мне нужен билет до Москвы',
    'Позвоните такси.',
    'Добрый день, закажите мне такси',
    'Два кофе, пожалуйста',
    'Хотелось бы услышать джаз.',
  ],
  greeting: [
    'Hello!',
    'hi there',
    'Good morning.',
    'Hey, Alice!',
    'Hello, how are you?',
    'How are you doing?',
    'Hello. My name is Bob.',
    'Привет!',
    'Добрый день.',
    'здравствуйте',
    'Привет, как дела?',
    'Как дела?',
    'Ну привет, Алиса',
  ],
  none: [
    '',
    '   ',
    '...',
    'My name is Bob.',
    'The door is red',
    'Меня зовут Борис.',
    'Die Tür ist rot',
    '42',
  ],
} as const;

describe('turnContextOf', () => {
  for (const context of ['question', 'request', 'greeting'] as const) {
    it.each(examples[context])(`takes "%s" for a ${context}`, (text) => {
      expect(turnContextOf(text)).toBe(context);
    });
  }

  it.each(examples.none)('does not know what "%s" is', (text) => {
    expect(turnContextOf(text)).toBeUndefined();
  });

  it('goes by the end of a turn that says several things', () => {
    expect(turnContextOf('What time is it? Turn on the radio.')).toBe('request');
    expect(turnContextOf('Turn on the radio. What is on?')).toBe('question');
    expect(turnContextOf('Where is it? Hello!')).toBe('question');
  });

  it('looks at a bounded part of a turn without end, and never fails', () => {
    const onAndOn = 'and then we went on '.repeat(100);
    expect(turnContextOf(`What is that? ${onAndOn}`)).toBeUndefined();
    expect(turnContextOf(`${onAndOn}. What is that?`)).toBe('question');
    for (const text of ['?', '!?!', "'", "''''", '- -', '\u2026\u2026', '\ud800', 'a'.repeat(5000)]) {
      expect(() => turnContextOf(text)).not.toThrow();
    }
  });
});
