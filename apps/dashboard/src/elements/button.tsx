import type { ReactNode } from 'react';
import { Button as AriaButton } from 'react-aria-components/Button';
import { Link } from 'react-router';

/** How much a button asks for attention. */
export type ButtonKind = 'main' | 'usual' | 'grave' | 'plain';

interface ButtonProps {
  readonly kind?: ButtonKind;
  readonly type?: 'button' | 'submit';
  readonly label?: string;
  readonly isPending?: boolean;
  readonly autoFocus?: boolean;
  readonly onPress?: () => void;
  readonly children: ReactNode;
}

/** A button; while pending it stays where it is and takes no press. */
export function Button({ kind = 'usual', type = 'button', label, children, ...rest }: ButtonProps) {
  return (
    <AriaButton
      className="button"
      data-kind={kind}
      type={type}
      {...(label === undefined ? {} : { 'aria-label': label })}
      {...rest}
    >
      {children}
    </AriaButton>
  );
}

/** A link that looks like a button: it leads to another state of the page, which has an address of its own. */
export function ButtonLink({ kind = 'usual', to, children }: { kind?: ButtonKind; to: string; children: ReactNode }) {
  return (
    <Link className="button" data-kind={kind} to={to}>
      {children}
    </Link>
  );
}
