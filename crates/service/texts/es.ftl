# Las palabras de los mensajes, en el español de América Latina. Variables: $name (el nombre del
# partner), $code y $minutes (cuánto vale el código).

## Un código

otp-subject = Tu código para entrar a { $name }
otp-preheader = { $code } – sirve una sola vez, durante { $minutes ->
    [one] 1 minuto
   *[other] { $minutes } minutos
}.
otp-heading = Tu código de acceso
otp-lead = Escríbelo donde te lo pidieron y entrarás a { $name }.
otp-life = Sirve una sola vez, durante { $minutes ->
    [one] 1 minuto
   *[other] { $minutes } minutos
}.
otp-care = No se lo des a nadie, tampoco a quien diga que trabaja en { $name }.
otp-unasked = ¿No fuiste tú? Ignora este mensaje. Sin el código nadie puede entrar.

# Un SMS: solo caracteres de GSM 03.38, que no tiene á, í, ó ni ú.
otp-sms = { $code } es tu clave para entrar a { $name }. Vale por { $minutes ->
    [one] 1 minuto
   *[other] { $minutes } minutos
}. No se la des a nadie.

## Lo que pone una nueva contraseña

password-reset-subject = Elige una nueva contraseña para { $name }
password-reset-preheader = Puedes hacerlo durante { $minutes ->
    [one] 1 minuto
   *[other] { $minutes } minutos
}.
password-reset-heading = Elige una nueva contraseña
password-reset-lead = Pega este código donde te lo pidieron y elige tu nueva contraseña de { $name }.
password-reset-link-lead = Toca el botón y elige tu nueva contraseña de { $name }.
password-reset-open = Abre esta dirección y elige tu nueva contraseña de { $name }:
password-reset-button = Elegir contraseña
password-reset-address = ¿El botón no hace nada? Copia esta dirección en tu navegador:
password-reset-life = Sirve una sola vez, durante { $minutes ->
    [one] 1 minuto
   *[other] { $minutes } minutos
}. Después tendrás que entrar de nuevo en todos tus dispositivos.
password-reset-care = No reenvíes este mensaje: quien lo tenga puede cambiar tu contraseña.
password-reset-unasked = ¿No fuiste tú? Ignora este mensaje. Tu contraseña sigue igual.

# Con su código largo, en un SMS cabe poco más.
password-reset-sms = { $code } cambia tu contraseña de { $name }. Vale por { $minutes ->
    [one] 1 minuto
   *[other] { $minutes } minutos
}.

## Al pie de cada correo

mail-foot = Recibes este mensaje porque alguien escribió tu dirección en { $name }.
