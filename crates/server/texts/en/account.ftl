## Signing out

sign-out-heading = Sign out?
sign-out-help = You will be signed out of { $name } in this browser.
sign-out-button = Sign out
sign-out-stay = Stay signed in
signed-out-heading = You are signed out
signed-out-go-on = Continue to { $name }
