## What went wrong: a heading that says it, what to do next, and the button that does it

malformed-heading = This address is not complete
malformed-next = Part of it is missing or was changed on the way. Start again from { $name }.
malformed-button = Go to { $name }

no-such-page-heading = There is nothing here
no-such-page-next = The address may have been cut off, or is too old.
no-such-page-button = Go to { $name }

other-site-heading = We could not accept that form
other-site-next = It was open for too long, or another site sent it. Nothing was changed. Please try again.
other-site-button = Start again

no-cookies-heading = Your browser refuses cookies
no-cookies-next = We need one to know that it is still you. Allow cookies for this site, then try again.
no-cookies-button = Try again

other-browser-heading = You began in another browser
other-browser-next = For your safety, sign-in has to end in the browser in which it began. Start again here. If you come back to this page, allow cookies for this site.
other-browser-button = Start again

expired-heading = That took too long
expired-next = For your safety we wait only a few minutes. Start again; it is quick.
expired-button = Start again

return-to-heading = We do not know where to take you
return-to-next = The address that brought you here names a place that is not part of { $name }.
return-to-button = Go to { $name }

no-way-in-heading = You cannot sign in here
no-way-in-next = Sign in where you have your account, and come here from there.
no-way-in-button = Go to { $name }

blocked-heading = Your account is locked
blocked-next = Please contact { $name }. They can unlock it.
blocked-button = Go to { $name }

unavailable-heading = We cannot sign you in right now
unavailable-next = Nothing is lost. Please try again in a moment.
unavailable-button = Try again
