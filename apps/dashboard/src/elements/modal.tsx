import type { ReactNode } from 'react';
import { Dialog } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Modal as AriaModal, ModalOverlay } from 'react-aria-components/Modal';

interface ModalProps {
  readonly title: string;
  /** A question that must be answered before anything else goes on. */
  readonly grave?: boolean;
  readonly close: () => void;
  readonly children: ReactNode;
}

/** A dialogue above the page; Escape and a press outside close it, focus returns to where it was. */
export function Modal({ title, grave = false, close, children }: ModalProps) {
  return (
    <ModalOverlay
      className="overlay"
      isOpen
      isDismissable
      onOpenChange={(open) => {
        if (!open) close();
      }}
    >
      <AriaModal className="dialog">
        <Dialog role={grave ? 'alertdialog' : 'dialog'}>
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
        </Dialog>
      </AriaModal>
    </ModalOverlay>
  );
}
