## Coming in with a partner's word

enter-signing-in = Signing you in…
enter-heading = Continue to { $name }
enter-over = You are signed in as { $who }.
enter-button = Continue
enter-button-as = Continue as { $who }
enter-stay = Stay signed in as { $who }

## Back from the partner's login, without its word

return-heading = You are not signed in yet
return-help = The sign-in was not finished. You can try it again.
return-again = Try again
return-other = Another way to sign in

## What went wrong with it

framed-heading = Open this page by itself
framed-next = For your safety, sign-in does not work inside another page.
framed-button = Go to { $name }

not-for-here-heading = This link is not for here
not-for-here-next = Go back to where you found it and open it again, or sign in here.
not-for-here-button = Sign in

link-expired-heading = This link has expired
link-expired-next = It works for about a minute. Go back to where you found it and open it again, or sign in here.
link-expired-button = Sign in

link-used-heading = This link was used already
link-used-next = Each link signs in once. Go back to where you found it and open it again, or sign in here.
link-used-button = Sign in

not-returned-heading = We could not sign you in
not-returned-next = Your sign-in did not reach us as it should. Start again; it is quick.
not-returned-button = Start again
