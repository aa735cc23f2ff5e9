privacy-lede = Yimen checks for { $city } city services that it is really you. We keep only what that takes, and you can see how long it is kept and who has it.
privacy-kept = What we keep
privacy-kept-phone = Your mobile number, to text you codes. It is stored encrypted and deleted with the account.
privacy-kept-devices = The devices you signed in on: kind of browser and time, so that you can spot a sign-in that is not yours.
privacy-kept-services = Whom you agreed to share with, what, and until when.
privacy-kept-log = Records of what was done. The law asks us to keep them at least 6 months. They serve to clear up problems and nothing else.
privacy-given = Who gets it
privacy-given-what = Only services for which you pressed “Share”, only the items listed then, and only until the day shown. Each service sees a different number for you, so they cannot use it to join up what they know. We sell nothing and show no advertising.
privacy-cookies = Cookies
privacy-cookies-what = They only remember that you are signed in and which language and version you chose. There are no cookies for statistics or advertising, and nothing from other companies.
privacy-rights = What you can do
privacy-rights-what = See, withdraw and sign out at any time in “My account”. To correct, copy or delete your information, call { $number } or visit a service window.

acr-1 = Level of assurance 1: a phone answered
acr-1-what = The person received a code by text message on the mobile number they hold, and entered it correctly.
acr-1-not = At this level neither the name nor the identity number has been verified. A service that must know who someone is should ask for a higher level.
