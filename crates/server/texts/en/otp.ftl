## otp
