## Signing out

sign-out-heading = Sign out?
sign-out-help = You will be signed out of { $name } in this browser.
sign-out-button = Sign out
sign-out-stay = Stay signed in
signed-out-heading = You are signed out
signed-out-go-on = Continue to { $name }

## Where a person is signed in

account-heading = Your devices
account-who = You are signed in to { $name } as { $who }.
account-this-device = This device
account-unknown-device = Unknown device
account-seen-just-now = Seen just now
account-seen-minutes = { $minutes ->
    [one] Seen { $minutes } minute ago
   *[other] Seen { $minutes } minutes ago
}
account-seen-hours = { $hours ->
    [one] Seen { $hours } hour ago
   *[other] Seen { $hours } hours ago
}
account-seen-yesterday = Seen yesterday
account-seen-days = Seen { $days } days ago
account-seen-on = Seen on { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }
account-sign-out = Sign out
account-sign-out-others = Sign out all other devices
account-go-on = Continue to { $name }
account-device-ended = Signed out of { $device }.
account-others-ended = All other devices are signed out.
account-no-such-device = There is no such device in your list.
account-others-heading = Sign out all other devices?
account-others-help = You stay signed in here. The others have to sign in again.
account-others-button = Sign out the others
account-others-keep = Leave them signed in
