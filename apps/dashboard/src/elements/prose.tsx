/** Text for a person in which `code` stands between backticks. */
export function Prose({ children }: { readonly children: string }) {
  return children.split('`').map((part, index) =>
    // Between backticks: every second part, unless the last backtick was never closed.
    index % 2 === 1 ? (
      <code key={index} className="in-prose">
        {part}
      </code>
    ) : (
      part
    ),
  );
}
