# The words of messages. The variables are $name (the partner's), $code and $minutes (how long
# the code holds).

## A code

otp-subject = Your sign-in code for { $name }
otp-preheader = { $code } – works once, for { $minutes ->
    [one] 1 minute
   *[other] { $minutes } minutes
}.
otp-heading = Your sign-in code
otp-lead = Enter it where you were asked for it, and you are signed in to { $name }.
otp-life = It works once, for { $minutes ->
    [one] 1 minute
   *[other] { $minutes } minutes
}.
otp-care = Give it to nobody, not even to someone who says they work at { $name }.
otp-unasked = Was this not you? Then ignore this message. Nobody gets in without the code.

# An SMS: only characters of GSM 03.38, so that it stays one part of 160 characters.
otp-sms = { $code } is your code to sign in to { $name }. It works for { $minutes ->
    [one] 1 minute
   *[other] { $minutes } minutes
}. Give it to nobody.

## What sets a new password

password-reset-subject = Choose a new password for { $name }
password-reset-preheader = You can do so for { $minutes ->
    [one] 1 minute
   *[other] { $minutes } minutes
}.
password-reset-heading = Choose a new password
password-reset-lead = Paste this code where you were asked for it, and choose your new password for { $name }.
password-reset-link-lead = Press the button, and choose your new password for { $name }.
password-reset-open = Open this address, and choose your new password for { $name }:
password-reset-button = Choose password
password-reset-address = Does the button do nothing? Copy this address into your browser:
password-reset-life = It works once, for { $minutes ->
    [one] 1 minute
   *[other] { $minutes } minutes
}. Then all your devices sign in again.
password-reset-care = Forward this message to nobody: whoever has it can change your password.
password-reset-unasked = Was this not you? Then ignore this message. Your password stays as it is.

# With its long code it has room for little else in one SMS.
password-reset-sms = { $code } sets a new password at { $name }. It works for { $minutes ->
    [one] 1 minute
   *[other] { $minutes } minutes
}.

## At the foot of every mail

mail-foot = You get this message because somebody entered your address at { $name }.
