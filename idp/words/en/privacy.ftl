privacy-lede = On behalf of { $city } city services, Yimen checks that it is really you. We keep only what that takes, and you can see who has it and until when.
privacy-kept = What we keep
privacy-kept-phone = Your mobile number, to recognise you and to text you codes. It is stored encrypted for as long as you have an account. So is your name, if our staff have entered it.
privacy-kept-devices = The devices you signed in on: the type of browser and the time, so that you can spot a sign-in that is not yours. We also count codes sent and wrong codes, so that nobody can pass for you.
privacy-kept-services = Who you agreed to share with, what, and until when.
privacy-kept-log = Records of who did what, when. The law asks us to keep them at least 6 months; at present they are not deleted after a set time. They are used to clear up problems and for nothing else.
privacy-given = Who gets it
privacy-given-what = Only services for which you pressed “Share”, only the items listed then, and only until the day shown. Services of different departments see different numbers for you, so they cannot use them to join up what they know. We sell nothing and show no advertising.
privacy-cookies = Cookies
privacy-cookies-what = They only remember that you are signed in, how far a sign-in has got, which language and version you chose, and that you have signed in with this browser before (remembered for up to 400 days, so that somebody else’s wrong codes do not lock you out). There are no cookies for statistics or advertising, and nothing from other companies.
privacy-rights = What you can do
privacy-rights-what = See, withdraw and sign out at any time in “My account”. You cannot yet correct, copy or delete your information, or close your account, online: call { $number } or visit a service window, and our staff will do it.

acr-1 = Level of assurance 1: a phone answered
acr-1-what = The person received a code by text message on the mobile number they hold, and entered it correctly.
acr-1-not = At this level neither the name nor the identity number has been verified. A service that must know who someone is should ask for a higher level.
