whose-account = Signed-in account
sign-out = Sign out
methods = Ways to sign in
phone-added = Text message code · added { $date }
used = last used { $when }
devices = Signed-in devices
devices-short = Devices
this-device = This one
device-phone = Phone
device-tablet = Tablet
device-computer = Computer
device-other = Other device
since = signed in { $when }
end-device = Sign out
end-others = Sign out everywhere else
sign-out-everywhere = Sign out on all devices
sign-out-everywhere-hint = Including this one. You will also be signed out of the services you used.
services = Connected services
services-empty = No services connected yet.
given = { $count ->
    [one] Has 1 item from you
   *[other] Has { $count } items from you
}
until = Until { $date }
withdraw = Withdraw
withdraw-all = Withdraw all
activity = Activity
activity-empty = Nothing recorded yet.

did-account-made = Opened the account
did-sign-in = Signed in to my account
did-sign-out = Signed out
did-sign-out-everywhere = Signed out on all devices
did-end-other = Signed out another device
did-wrong-code = Someone entered a wrong code and did not get in
did-misuse = Someone may have misused your sign-in to { $service }. We have ended it
did-open = Opened { $service }
did-share = Shared { $items } with { $service }
did-refuse = Did not share with { $service }
did-withdraw = Withdrew { $items } from { $service }

notice-device-ended = That device is signed out
notice-others-ended = All other devices are signed out
notice-withdrawn = Withdrawn. { $service } can no longer read it
notice-nothing = Already done. There is nothing left to do

confirm-title = Please confirm
ask-end-device = Sign out “{ $device }”?
ask-end-others = Sign out everywhere else?
ask-end-what = Signing in there again will need a new code by text message. This device stays signed in.
ask-sign-out-everywhere = Sign out on all devices?
ask-sign-out-everywhere-what = Including this one. You will also be signed out of the services you used, and they will no longer be able to read your information while you are away.
ask-sign-out-yes = Sign out
ask-withdraw-item = Withdraw “{ $item }” from { $service }?
ask-withdraw-all = Withdraw everything from { $service }?
ask-withdraw-what = They will no longer be able to read it, and you will be signed out there. What has already been done stays done. Next time, they will ask you again.
ask-withdraw-yes = Withdraw
