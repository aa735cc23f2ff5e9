privacy-lede = 一门替{ $city }的政务服务核对“来的是不是您”。只留办这件事用得着的，留多久、给了谁，您都看得到。
privacy-kept = 我们留着什么
privacy-kept-phone = 手机号：用来给您发验证码。加密保存，账户注销后删除。
privacy-kept-devices = 登录过的设备：浏览器的种类和登录时间，用来让您认出不是自己的登录。
privacy-kept-services = 您同意给过谁、给了什么、到哪一天为止。
privacy-kept-log = 操作记录：法律要求至少保存 6 个月，用来查清问题，不作别的用。
privacy-given = 给了谁
privacy-given-what = 只给您点过“同意提供”的服务，只给当时列出的那几项，到写明的那天为止。每个服务看到的编号都不一样，它们不能凭编号把您的资料拼到一起。我们不卖信息，也不放广告。
privacy-cookies = Cookie
privacy-cookies-what = 只用来记住您登录了、选了哪种语言和版本。没有统计和广告用的 Cookie，也没有别家公司的内容。
privacy-rights = 您可以做什么
privacy-rights-what = 在“我的账户”里随时查看、收回、退出。要更正、复制或删除您的信息，请拨打 { $number } 或去服务窗口。

acr-1 = 可信级别 1：手机接通
acr-1-what = 登录时，这个人收到了发往所持手机号的短信验证码，并填写正确。
acr-1-not = 这一级没有核验姓名和身份证号。需要知道真实身份的业务，应当要求更高的级别。
