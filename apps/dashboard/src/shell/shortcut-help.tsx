import { Switch } from 'react-aria-components/Switch';
import { Button } from '../elements/button.tsx';
import { Modal } from '../elements/modal.tsx';
import { useStore } from '../link/store.ts';
import type { ShortcutBook } from './shortcuts.ts';

/** What the keyboard does on this screen. */
export function ShortcutHelp({ book, close }: { readonly book: ShortcutBook; readonly close: () => void }) {
  const shortcuts = useStore(book.shortcuts);
  const enabled = useStore(book.enabled);
  return (
    <Modal title="Keyboard" close={close}>
      <dl className="shortcut-list">
        {shortcuts.map(({ keys, does }) => (
          <div key={keys} className="shortcut">
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
        <div className="shortcut">
          <dt>
            <kbd>Esc</kbd>
          </dt>
          <dd>Close a dialogue</dd>
        </div>
      </dl>
      <Switch className="switch" isSelected={enabled} onChange={(on) => book.enable(on)}>
        <span className="switch-track" aria-hidden="true" />
        Shortcuts of single letters are {enabled ? 'on' : 'off'}
      </Switch>
      <div className="dialog-actions">
        <Button onPress={close}>Close</Button>
      </div>
    </Modal>
  );
}
