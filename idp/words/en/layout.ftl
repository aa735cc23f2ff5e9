brand = Yimen
site = { $city } unified sign-in
site-short = Unified sign-in
skip = Skip to main content
display = Display and language
edition-elder = Larger text
edition-standard = Standard version
other-language = 中文
help = Help
call = Call { $number }
privacy = Privacy
safety = Our staff will never ask you for a code. Anyone who does is not one of us.
safety-elder = Never give a code to anyone who asks.
my-account = My account
cancel = No, go back
one-moment = One moment…

asking-label = Service you are signing in to
asking = You are signing in to
asking-elder = You are here for
registered = Registered government service
this-site = You are on this website
report = Not what you wanted? Stop and report
report-elder = Not what I wanted. Stop

month = { $month ->
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
}
date = { $day } { month } { $year }
moment = { $day } { month } { $year }, { $clock }
moment-this-year = { $day } { month }, { $clock }
moment-today = today at { $clock }
span-seconds = { $count ->
    [one] 1 second
   *[other] { $count } seconds
}
span-minutes = { $count ->
    [one] 1 minute
   *[other] { $count } minutes
}
span-hours = { $count ->
    [one] 1 hour
   *[other] { $count } hours
}
span-days = { $count ->
    [one] 1 day
   *[other] { $count } days
}
