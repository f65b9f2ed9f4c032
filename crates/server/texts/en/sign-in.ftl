## sign-in: the ways, and the password

way-password = Use a password instead
way-code = Sign in with a code instead
way-partner = Sign in at { $name }
way-forgotten = Forgot your password?

password-heading = Sign in
password-label = Password
password-button = Sign in
password-show = Show
password-hide = Hide
password-wrong = The name or the password is not right. Check both and try again.
password-too-many = Too many passwords were tried. Try again in { $wait }.
password-switched-off = Passwords are switched off here after too many wrong ones. Please sign in another way.

forgotten-heading = Forgot your password?
forgotten-help = We will send you a link to set a new one.
forgotten-button = Send link
forgotten-back = Back to sign-in
forgotten-sent-heading = Check your messages
forgotten-sent-help = If there is an account, we have sent a link to set a new password.
forgotten-sent-button = Back to sign-in
