import { type ReactNode, useId } from 'react';

interface PanelProps {
  readonly title: string;
  /** Said beside the title, quietly. */
  readonly aside?: ReactNode;
  /** The content brings its own edges, as a table does. */
  readonly bare?: boolean;
  readonly children: ReactNode;
}

/** A titled part of a page. */
export function Panel({ title, aside, bare = false, children }: PanelProps) {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <span className="faint small">{aside}</span>}
      </header>
      {bare ? children : <div className="panel-body">{children}</div>}
    </section>
  );
}
