export { type Keyboard, type KeyboardInput, openKeyboard } from './keyboard.js';
export {
  defaultKeyboardButtonOptions,
  type KeyboardButtonOptions,
  type KeyboardButtonParts,
  keyboardButton,
} from './keyboard-button.js';
