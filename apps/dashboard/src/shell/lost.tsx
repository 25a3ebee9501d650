import { useRouteError } from 'react-router';
import { ButtonLink } from '../elements/button.tsx';
import { Failure } from '../elements/states.tsx';

/** Shown for an address that names no screen. */
export function Lost() {
  return (
    <>
      <div className="page-head">
        <h1>There is no such page</h1>
      </div>
      <p className="quiet">The address names no screen of the dashboard.</p>
      <p className="space-above">
        <ButtonLink to="/">Go to the fleet</ButtonLink>
      </p>
    </>
  );
}

/** Shown in the place of a page that broke. */
export function Broken() {
  const error = useRouteError();
  return (
    <main>
      <div className="page-head">
        <h1>This page broke</h1>
      </div>
      <Failure error={error} again={() => location.reload()} />
    </main>
  );
}
