consent-title = Share your information
consent-heading = Share this with { $department }?
consent-lede = Only what is listed here, nothing more. You can take it back at any time in “My account”.
consent-changed-lede = You have agreed before. This time they are asking for the following as well. You can share it or not.
consent-elder-heading = May they have this?
consent-elder-lede = Who is asking: { $department }
consent-account = You are signed in as
consent-another = Use another account
consent-required = Needed for this service
consent-optional = Optional: it works either way
consent-choose = Choose whether to share these
items = { $count ->
    [one] 1 item
   *[other] { $count } items
}
fresh = New
kept-by = Kept by
used-for = For
used-until = Until
deny = Don't share
allow = Share
deny-hint = If you don't share, nothing is sent and you go back to { $service }.
deny-elder-hint = Not sharing is fine. You can visit a service window instead.
their-policy = Their privacy policy
their-terms = Their terms of service

item-openid = A number for you that only they can use
item-phone = Mobile number
item-name = Name
item-offline = Access while you are away
item-record = { $record } from { $department } ({ $purpose })
purpose-openid = Recognising you next time
purpose-phone = Telling you the result
purpose-name = Checking that it is you
purpose-offline = After you close the page, they can still read what you share, until you take it back or sign out everywhere in “My account”

form-post = Taking you back to the service
form-post-what = If nothing happens, press the button.
continue = Continue

logout-title = Sign out
logout-plaque = Asking you to sign out
logout-heading = Sign out on this device?
logout-asked = “{ $service }” is asking you to sign out.
logout-what = You will also be signed out of other city services on this device.
logout-stay = Stay signed in
