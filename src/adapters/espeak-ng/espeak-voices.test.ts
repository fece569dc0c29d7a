import { describe, expect, it } from 'vitest';
import { hasVoice, readVariants, readVoices, someVoices } from './espeak-voices.js';

/** As version 1.51 prints it. */
const listing = `Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  af              --/M      Afrikaans          gmw/af               
 5  chr-US-Qaaa-x-west --/M      Cherokee_          iro/chr              
 5  cmn             --/M      Chinese_(Mandarin,_latin_as_English) sit/cmn              (zh-cmn 5)(zh 5)
 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 2  en-us           --/M      English_(America)  gmw/en-US            (en 3)
 5  fa-latn         --/-      Persian_(Pinglish) ira/fa-Latn          
`;
const variantListing = `Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  variant         --/M      Mr_Serious         !v/Mr serious        
 5  variant         --/M      Storm              !v/Storm             (en-us 5)
 5  variant         70/F      female1            !v/f1                
`;
const mbrolaListing = ` 1  en              --/M      english-mb-en1     mb/mb-en1            
`;

const voices = readVoices(listing);
const variants = readVariants(variantListing);

describe('the voices of espeak-ng', () => {
  it('are read from the table, also where a column is wider than its head', () => {
    expect(voices.map(({ language }) => language)).toEqual([
      'af',
      'chr-US-Qaaa-x-west',
      'cmn',
      'en-gb',
      'en-us',
      'fa-latn',
    ]);
    expect(voices[2]).toEqual({
      language: 'cmn',
      name: 'Chinese_(Mandarin,_latin_as_English)',
      file: 'sit/cmn',
      otherLanguages: ['zh-cmn', 'zh'],
    });
  });

  it('have variants, whose names may have spaces in them', () => {
    expect(variants).toEqual(['Mr serious', 'Storm', 'f1']);
  });

  it.each([
    'en-us',
    'EN-US',
    'English_(America)',
    'gmw/en-US',
    'zh',
    'en',
    'en+f1',
    'en-us+mr serious',
    'AF+storm',
  ])('are found by language, name and file: %s', (wanted) =>
    expect(hasVoice(wanted, voices, variants)).toBe(true),
  );

  it.each(['en-nowhere', 'en-us+nobody', 'klingon', '', '+f1', 'en+', 'en+f1+f1', '../gmw/en', 'f1'])(
    'are not taken for one another, as the program does: %j',
    (wanted) => expect(hasVoice(wanted, voices, variants)).toBe(false),
  );

  it('of MBROLA are known by the name of their file', () => {
    const known = readVoices(mbrolaListing);
    expect(hasVoice('mb-en1', known, [])).toBe(true);
    expect(hasVoice('mb/mb-en1', known, [])).toBe(true);
    expect(hasVoice('mb-de9', known, [])).toBe(false);
  });

  it('that come near are named first', () => {
    expect(someVoices('en-nowhere+f1', voices)).toBe('en-gb, en-us');
    expect(someVoices('klingon', voices)).toBe(voices.map(({ language }) => language).join(', '));
  });
});
