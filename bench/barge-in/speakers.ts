/** Which half of the bench something belongs to: parameters are chosen on one and reported on the other. */
export type Half = 'training' | 'held-out';

/** One voice. Nobody speaks in both halves. */
export interface Speaker {
  readonly name: string;
  readonly half: Half;
  /** Who it is; the same person never talks over himself. */
  readonly person: string;
  readonly source:
    | { readonly kind: 'package'; readonly package: string; readonly folder: string }
    | {
        readonly kind: 'synthesis';
        readonly voice: string;
        readonly wordsPerMinute: number;
        readonly language: 'en' | 'de' | 'es';
      }
    | { readonly kind: 'files'; readonly files: readonly string[] };
}

const prompts = (language: string, folder: string) =>
  ({ kind: 'package', package: `asterisk-core-sounds-${language}-g722`, folder }) as const;

/**
 * Everybody who speaks.
 *
 * The recordings of asterisk-core-sounds are CC BY-SA 3.0 (English, Spanish: Allison Smith; French: June Wallack) and CC BY 3.0
 * (Italian: Carlo Flora; Russian: Maxim Topal); they are fetched, never committed. The reader of LibriVox is in the public domain.
 */
export const speakers: readonly Speaker[] = [
  { name: 'en', half: 'training', person: 'Allison', source: prompts('en', 'en_US_f_Allison') },
  { name: 'es', half: 'training', person: 'Allison', source: prompts('es', 'es_MX_f_Allison') },
  { name: 'it', half: 'training', person: 'Carlo', source: prompts('it', 'it_IT_m_Carlo') },
  {
    name: 'synthetic-us',
    half: 'training',
    person: 'en-us+m3',
    source: { kind: 'synthesis', voice: 'en-us+m3', wordsPerMinute: 165, language: 'en' },
  },
  {
    name: 'synthetic-de',
    half: 'training',
    person: 'de+f2',
    source: { kind: 'synthesis', voice: 'de+f2', wordsPerMinute: 155, language: 'de' },
  },
  { name: 'fr', half: 'held-out', person: 'June', source: prompts('fr', 'fr_CA_f_June') },
  { name: 'ru', half: 'held-out', person: 'IvrvoiceRU', source: prompts('ru', 'ru_RU_f_IvrvoiceRU') },
  {
    name: 'reader',
    half: 'held-out',
    person: 'a reader of LibriVox',
    source: {
      kind: 'files',
      files: [
        'john-dashwood',
        'not-ill-disposed',
        'unless-cold-hearted',
        'more-amiable-woman',
        'amiable-himself',
      ].map((name) => `examples/demo/assets/${name}.wav`),
    },
  },
  {
    name: 'synthetic-gb',
    half: 'held-out',
    person: 'en-gb+f4',
    source: { kind: 'synthesis', voice: 'en-gb+f4', wordsPerMinute: 175, language: 'en' },
  },
  {
    name: 'synthetic-es',
    half: 'held-out',
    person: 'es+m7',
    source: { kind: 'synthesis', voice: 'es+m7', wordsPerMinute: 170, language: 'es' },
  },
];

/** What synthetic voices say: long texts over the loudspeaker, short ones in front of the microphone. */
export const texts: Readonly<
  Record<'en' | 'de' | 'es', { readonly long: readonly string[]; readonly short: readonly string[] }>
> = {
  en: {
    long: [
      'The museum opens every day at nine in the morning and closes at six, except on Thursdays, when the galleries stay open until nine in the evening and the entrance is free for students and for everyone above sixty five.',
      'To get to the harbour, leave the building by the main door, turn left, walk down the hill for about ten minutes, and take the second bridge; the ferries leave from the quay on the far side every half hour.',
      'Your order has been received and will be prepared within the next twenty minutes. Please keep the number on your receipt, because it is called out at the counter as soon as everything is ready to be picked up.',
      'The weather will stay mild and dry until Friday afternoon. In the night to Saturday clouds come in from the west with some rain, and on Sunday the wind turns north and it becomes noticeably colder.',
    ],
    short: [
      'Stop, please.',
      'Wait a moment.',
      'No, that is not what I meant.',
      'How much does it cost?',
      'Can you repeat that?',
      'Where is the toilet?',
      'Thank you, that is enough.',
      'What about tomorrow morning?',
      'Excuse me, I have another question.',
      'Hello, are you there?',
      'I would like two tickets.',
      'Yes, go on with the next one.',
    ],
  },
  de: {
    long: [
      'Das Museum ist täglich von neun bis achtzehn Uhr geöffnet, donnerstags sogar bis einundzwanzig Uhr. Die letzte Führung beginnt eine Stunde vorher am Haupteingang, und Kinder unter zwölf Jahren haben freien Eintritt.',
      'Zum Hafen gehen Sie am besten zu Fuß: aus dem Gebäude hinaus, nach links, den Berg hinunter und dann über die zweite Brücke. Die Fähren fahren jede halbe Stunde von der anderen Seite ab.',
      'Ihre Bestellung ist eingegangen und wird in den nächsten zwanzig Minuten zubereitet. Bitte bewahren Sie die Nummer auf Ihrem Beleg auf, denn sie wird am Schalter aufgerufen, sobald alles fertig ist.',
    ],
    short: [
      'Halt, bitte.',
      'Einen Moment mal.',
      'Nein, das meinte ich nicht.',
      'Wie viel kostet das?',
      'Können Sie das wiederholen?',
      'Wo ist der Ausgang?',
      'Danke, das reicht mir.',
      'Und morgen früh?',
      'Ich habe noch eine Frage.',
      'Hallo, hören Sie mich?',
    ],
  },
  es: {
    long: [
      'El museo abre todos los días a las nueve de la mañana y cierra a las seis de la tarde. Los jueves las salas quedan abiertas hasta las nueve de la noche y la entrada es gratuita para los estudiantes.',
      'Para llegar al puerto salga por la puerta principal, gire a la izquierda, baje la cuesta durante diez minutos y cruce el segundo puente. Los barcos salen cada media hora desde el otro lado.',
      'Hemos recibido su pedido y estará listo en los próximos veinte minutos. Guarde por favor el número de su recibo, porque lo llamaremos en el mostrador en cuanto pueda recogerlo.',
    ],
    short: [
      'Pare, por favor.',
      'Espere un momento.',
      'No, eso no es lo que quería.',
      '¿Cuánto cuesta?',
      '¿Puede repetirlo?',
      '¿Dónde está la salida?',
      'Gracias, ya es suficiente.',
      '¿Y mañana por la mañana?',
      'Tengo otra pregunta.',
      'Hola, ¿me oye?',
    ],
  },
};

/** What is said to show that one listens, and should interrupt nobody: in phonemes, because spelt out they are read as letters. */
export const backchannels: readonly string[] = [
  "[[mh'm]]",
  "[[m'm]]",
  "[[h'm]]",
  '[[m:]]',
  "[[@h'@]]",
  '[[mh@m]]',
];

/** The voice of somebody, speaking English: its phonemes are those above. */
export function englishVoiceOf(voice: string): string {
  return voice.replace(/^[^+]+/, 'en-us');
}
