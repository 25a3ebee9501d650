import { type FormEvent, useState } from 'react';
import { Button } from '../elements/button.tsx';

/** Asks for the token when the server does not know this browser. */
export function SignIn() {
  const [token, setToken] = useState('');
  const signIn = (event: FormEvent) => {
    event.preventDefault();
    location.assign(`/login?token=${encodeURIComponent(token.trim())}`);
  };
  return (
    <>
      <div className="page-head">
        <h1>Sign in</h1>
      </div>
      <form className="form" onSubmit={signIn}>
        {location.pathname === '/login' && <p role="alert">The token is not, or no longer, the one of this server.</p>}
        <p>
          This server answers only who knows its token. <code>nova up</code> prints a link that signs this browser in;
          or paste the token here.
        </p>
        <div className="field">
          <label htmlFor="token">Token</label>
          <input
            id="token"
            className="input code"
            type="password"
            autoComplete="off"
            required
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
          <p className="hint">It is in the file `token` in Nova's data folder, readable by you only.</p>
        </div>
        <div>
          <Button kind="main" type="submit">
            Sign in
          </Button>
        </div>
      </form>
    </>
  );
}
