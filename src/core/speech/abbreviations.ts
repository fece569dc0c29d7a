const wordsOf = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/u));

/**
 * Words that a full stop follows without ending a sentence, whatever comes next: titles, places, and what always goes on.
 * Those that may also end one ("etc.", "т. д.") need no entry: there the next letter decides.
 */
export const neverEnd = wordsOf(`
  mr mrs ms messrs mx dr prof st rev hon fr gen col maj capt cpt lt sgt gov sen rep pres amb supt mt ft
  e.g eg i.e ie vs viz cf approx ca resp incl excl esp est dept assn
  т.е т.к т.н т.ч напр см ср им ул пр просп пр-т пер пл наб б-р бул ш обл р-н пос дер ст-ца
  г-н г-жа г-да гр гр-н св тов проф доц акад ген полк кап лейт инж ред сост
  англ лат рус нем фр греч букв прим прибл ок макс
`);

/** Words that a full stop follows without ending a sentence when a number comes next: "No. 5", "рис. 3", "5 руб. 20 коп.". */
export const beforeNumber = wordsOf(`
  no nos nr vol fig figs p pp ch sec eq art ext apt rm tel c
  рис табл гл ст п пп стр с д дом корп кв оф эт под каб ауд разд т тел доб кн
  руб коп тыс млн млрд ч мин сек
`);
