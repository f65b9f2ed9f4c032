## otp: a code by e-mail or SMS

wait-seconds = { $count ->
    [one] 1 second
   *[other] { $count } seconds
}
wait-minutes = { $count ->
    [one] 1 minute
   *[other] { $count } minutes
}
wait-hours = { $count ->
    [one] 1 hour
   *[other] { $count } hours
}

address-email = E-mail address
address-phone = Phone number
address-both = E-mail address or phone number
address-name = Username, e-mail address or phone number
address-number-here = Phone numbers without a country code count as { $code }, such as { $number }.
address-number-anywhere = Write a phone number with its country code, such as +44 7400 123456.
address-wrong-email = That is not an e-mail address. One looks like ana@example.com.
address-wrong-phone = That is not a phone number. Check the digits, or write it with its country code.
address-wrong-both = That is neither an e-mail address nor a phone number. Check it and try again.

otp-heading = Sign in
otp-help = We will send you a code.
otp-button = Send code
otp-too-many = Too many codes were asked for. Try again in { $wait }.
otp-country = We cannot send codes to numbers of that country. Use another number or another way.
otp-no-sms = We cannot send text messages right now. Please use another way.
otp-switched-off = Codes are switched off here after too many wrong ones. Please sign in another way.
too-busy = Many people are signing in right now. Please try again in a moment.

code-heading = Enter your code
code-sent = We sent a code to { $to }.
code-sent-again = We sent another code to { $to }. Any of them works.
code-label = Code
code-button = Sign in
code-checking = Checking the code…
code-digits = A code has six digits. Please enter all of them.
code-wrong = { $tries ->
    [one] That code is not right. You have one try left.
   *[other] That code is not right. You have { $tries } tries left.
}
code-older = That code has expired. Use the newest one.
code-too-many-tries = Too many codes were tried. Try again in { $wait }.
code-too-soon = We sent a code a moment ago. You can ask for another in { $wait }.
code-again = Send another code
code-again-in = You can ask for another code in { $wait }.
code-again-now = You can ask for another code now.
code-not-you = Not you?
code-other-address = Use another address
code-meant = Did you mean { $domain }?
code-meant-change = Change the address
code-expired-heading = That code has expired
code-used-heading = That code was used
code-new-help = We can send you a new one, to { $to }.
code-tries-heading = Too many wrong codes
code-tries-help = For your safety that code no longer works. We can send a new one to { $to }.
code-new = Send a new code

## Where a limit is near

work-checking = Checking your browser…
work-wait = Many requests come from your network. Please wait { $wait }, then press “{ $button }”.
