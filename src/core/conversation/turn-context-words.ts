/**
 * The words of one language that tell what kind of turn it is. All in lower case, without marks, with `е` for `ё`; an entry of
 * several words is a phrase.
 */
export interface ContextWords {
  /** What a turn may begin with and that says nothing: "well", "um". */
  readonly openers: readonly string[];
  readonly greetings: readonly string[];
  /** Said after a greeting, and part of it. */
  readonly courtesies: readonly string[];
  /** Ask to be told: with a question word after them a question, otherwise a request. */
  readonly tellMe: readonly string[];
  readonly questionWords: readonly string[];
  /** Between them and the beginning: "in what year", "в каком году". */
  readonly prepositions: readonly string[];
  /** A question that begins with one of them has no question word. */
  readonly inversions: readonly string[];
  /** Make a question of a sentence from within. */
  readonly particles: readonly string[];
  /** A sentence that begins with one of them asks for something to be done. */
  readonly requestOpeners: readonly string[];
  /** Verbs that ask for something to be done where they come first. */
  readonly imperatives: readonly string[];
  /** Verbs end so where several people, or a stranger, are asked. */
  readonly politeEnding: RegExp | undefined;
  readonly please: readonly string[];
}

const words = (text: string): readonly string[] => text.split(/\s+/u).filter(Boolean);
const phrases = (text: string): readonly string[] => text.split(',').map((phrase) => phrase.trim());

export const english: ContextWords = {
  openers: words('um uh er hm so well okay ok oh and but now excuse'),
  greetings: phrases(
    'hello, hi, hey, greetings, good morning, good afternoon, good evening, good day, howdy, welcome back',
  ),
  courtesies: phrases(
    `how are you, how are you doing, how are you today, how is it going, how's it going, how do you do, what's up,
    nice to meet you, nice to see you, pleased to meet you, there, everyone, everybody, again`,
  ),
  tellMe: phrases(
    `tell me, tell us, can you tell me, could you tell me, would you tell me, can you please tell me,
    could you please tell me, please tell me, let me know, do you know, i want to know, i would like to know,
    i'd like to know, i was wondering, i wonder, any idea`,
  ),
  questionWords: words(
    `what who whom whose where when why which how what's who's where's when's why's how's what're whether if`,
  ),
  prepositions: words('in at on from to for by with about of since until under'),
  inversions: words(
    `is are am was were do does did has have had can could will would should shall may might must isn't aren't
    wasn't weren't don't doesn't didn't hasn't haven't can't couldn't won't wouldn't shouldn't`,
  ),
  particles: [],
  requestOpeners: phrases(
    `i want, i need, i'd like, i would like, i'm looking for, i am looking for, can you, could you, will you, would you,
    can i have, could i have, can i get, could i get, may i have, let's, let us, do it, do that, do this, have a look`,
  ),
  imperatives: words(
    `turn switch play stop pause open close set show tell give find call book order buy send help start begin read
    explain describe translate calculate compute convert remind add remove delete cancel bring take put make write
    check look search list repeat say sing go let choose pick get print change move increase decrease raise lower
    recommend suggest schedule wake connect navigate compare summarize summarise count spell record save restart
    continue try reserve ring text email note draw load mute unmute dim lock unlock`,
  ),
  politeEnding: undefined,
  please: ['please'],
};

export const russian: ContextWords = {
  openers: words('а и ну так э эм ээ вот да слушай слушайте извините простите извини прости ок окей'),
  greetings: phrases(
    `привет, приветик, приветствую, здравствуй, здравствуйте, добрый день, добрый вечер, доброе утро, доброго дня,
    доброго времени суток, салют, хай`,
  ),
  courtesies: phrases(
    `как дела, как ты, как вы, как поживаешь, как поживаете, как жизнь, как настроение, рад видеть, рада видеть,
    очень приятно, всем, еще раз, снова`,
  ),
  tellMe: phrases(
    `скажи, скажите, подскажи, подскажите, расскажи, расскажите, скажи мне, скажите мне, не подскажете, не подскажешь,
    можешь сказать, можете сказать, ты знаешь, вы знаете, ты не знаешь, вы не знаете, не знаешь, не знаете, знаешь,
    знаете, хочу узнать, хочу знать, хотел узнать, хотела узнать, хотел бы узнать, хотела бы узнать, интересно`,
  ),
  questionWords: words(
    `что чего чему чем кто кого кому кем где куда откуда когда почему отчего зачем как какой какая какое какие какого
    каких какому каким какую каком какими сколько скольких насколько чей чья чье чьи который которая которое которые
    котором которого разве неужели`,
  ),
  prepositions: words('в во на с со к ко о об от до из у за по под над для про при через'),
  inversions: words('можно есть'),
  particles: ['ли'],
  requestOpeners: phrases(
    `хочу, хотим, мне нужно, мне нужен, мне нужна, мне нужны, мне надо, нам нужно, нам надо, я хочу, я хотел бы,
    я хотела бы, хотел бы, хотела бы, хотелось бы, можешь, можете, мог бы ты, могли бы вы, не мог бы ты, не могли бы вы,
    не могли бы, можно мне, можно нам, давай, давайте`,
  ),
  imperatives: words(
    `включи выключи поставь покажи открой закрой найди позвони закажи помоги дай сделай прочитай прочти переведи
    напомни добавь удали отмени сыграй спой запусти останови объясни посчитай повтори купи отправь напиши проверь
    посмотри выбери забронируй запиши позови принеси измени увеличь уменьши прибавь убавь поищи порекомендуй
    посоветуй опиши распечатай продолжи начни перечисли сравни соедини переключи назови убери сохрани стой хватит`,
  ),
  // "включите", "откройте", "поставьте"; nothing else that begins a sentence ends so but names of few things.
  politeEnding: /(?:[ийь]|ай|уй)те$/u,
  please: ['пожалуйста'],
};
