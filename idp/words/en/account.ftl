whose-account = Current account
sign-out = Sign out
methods = Ways to sign in
phone-added = Text message code · added { $date }
used = used { $when }
devices = Devices signed in
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
sign-out-everywhere-hint = This one too. The services you used are signed out as well.
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
ask-end-what = Signing in there will take a new text message code. This device stays signed in.
ask-sign-out-everywhere = Sign out on all devices?
ask-sign-out-everywhere-what = This one too. The services you used are signed out as well, and can no longer read your information while you are away.
ask-sign-out-yes = Sign out
ask-withdraw-item = Withdraw “{ $item }” from { $service }?
ask-withdraw-all = Withdraw everything from { $service }?
ask-withdraw-what = They can no longer read it, and you are signed out there. What they have already finished stays done. Next time they will ask you again.
ask-withdraw-yes = Withdraw

passkey-kind = Fingerprint or face · added { $date }
passkey-rename = Rename
passkey-new-name = New name
passkey-save = Save
passkey-remove = Remove
passkey-add = Add fingerprint or face sign-in
passkey-add-heading = Sign in with your fingerprint or face
passkey-add-lede = No more waiting for texts. It is like unlocking this device: your fingerprint and face stay on it. Text message codes go on working.
did-passkey-added = Added fingerprint or face sign-in
did-passkey-renamed = Renamed a way to sign in
did-passkey-removed = Removed a fingerprint or face sign-in
did-passkey-refused = Someone tried to use a passkey of yours and did not get in
did-passkey-cloned = One of your passkeys may have been copied. We have switched it off
notice-passkey-added = Added. You can sign in with it next time
notice-passkey-renamed = The name is changed
notice-passkey-removed = Removed. Other devices signed in with it are signed out
notice-passkey-needed = This is the last way to show that it is you, so it stays. Please add another one first
ask-remove-passkey = Remove “{ $name }”?
ask-remove-passkey-what = It will no longer sign you in, and other devices signed in with it are signed out. Text message codes go on working.
ask-remove-passkey-yes = Remove
