signin-title = Sign in
signin-heading = Sign in with Yimen
signin-lede = One sign-in for all { $city } city services.
phone-label = Mobile number
phone-hint = The text is free. New here? No need to register first.
send-code = Text me a code
sending = Sending…
phone-elder-heading = What is your mobile number?
phone-elder-label = Mobile number (11 digits)
phone-elder-hint = You will get a text in a moment. It is free.
next = Next
step = Step { $number } of 2

phone-empty = Please enter your mobile number
phone-bad = Mobile numbers have 11 digits. Please check
phone-bad-advice = Correct it and press the button again.
phone-country = We cannot text numbers from this country or region yet
phone-country-advice = Please use a mainland China number, or call { $number }.
too-many = Too many tries. Come back in { $wait }
too-many-advice = If it is urgent, call { $number } or visit a service window with your ID card.
closed = To keep you safe, text sign-in is paused for this number
closed-advice = Someone entered wrong codes many times. Come back in { $wait }, or use a phone or computer you have signed in on before. If it is urgent, call { $number }.
not-sent = The text could not be sent. It's not your fault
not-sent-advice = Please try again in a few minutes. If it is urgent, call { $number }.

hold-heading = One moment, please
hold-lede = There are very many sign-ins from your network right now. It's not your fault.
hold-working = Getting ready. It goes on by itself.
hold-before = Please wait
hold-after = s, then press “Continue”.
hold-continue = Continue
hold-busy = Getting ready…

code-heading = Enter the code we texted
code-elder-heading = Enter the 6 digits we texted
code-sent-to = Sent to
change-number = Change number
change-number-elder = Wrong number? Enter it again
code-label = 6-digit code
code-hint = It works for { $minutes } minutes.
code-elder-hint = We texted
verify = Sign in
checking = Checking…
resend-before = Nothing yet? Resend in
resend-after = s
resend = Resend
no-message = Still no text?
no-message-blocked = Check the blocked messages on your phone.
no-message-other-number = Check the number. If it is wrong you can change it.
no-message-window = If the number is no longer in use, call { $number } or visit a service window with your ID card.

code-resent = Sent again
code-resent-advice = Please use the newest text.
code-empty = Please enter the code
code-empty-advice = It is the 6-digit number in the text.
code-malformed = The code has 6 digits. Please check
code-wrong = That code is not right. You are not signed in yet
code-wrong-advice = Look at the newest text and enter its 6 digits. { $left ->
    [one] 1 try left.
   *[other] { $left } tries left.
}
code-old = That code has expired. Send a new one
code-old-advice = Press “Resend”, then enter the digits of the new text.
too-soon = We have just sent one. You can resend in { $wait }
too-soon-advice = The text may still be on its way.

elder-help = Need help?
elder-call = Call { $number }
elder-window = Or bring your ID card to a service window. Staff will help you.

signed-out = You are signed out
signed-out-here = You are no longer signed in on this device.
signed-out-everywhere = You are being signed out on all your devices, and of the services you used.
back-to = Back to { $name }
sign-in-again = Sign in again
outbox = Text message outbox
outbox-warning = For development only
outbox-what = These texts were not really sent. A production system has no such page.
outbox-empty = No texts yet. Enter a mobile number on the sign-in page.
