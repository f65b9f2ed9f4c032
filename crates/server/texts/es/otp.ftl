## otp: un código por correo o SMS

wait-seconds = { $count ->
    [one] 1 segundo
   *[other] { $count } segundos
}
wait-minutes = { $count ->
    [one] 1 minuto
   *[other] { $count } minutos
}
wait-hours = { $count ->
    [one] 1 hora
   *[other] { $count } horas
}

address-email = Correo electrónico
address-phone = Número de teléfono
address-both = Correo electrónico o teléfono
address-name = Usuario, correo electrónico o teléfono
address-number-here = Un teléfono sin código de país se toma como { $code }, por ejemplo { $number }.
address-number-anywhere = Escribe el teléfono con el código de país, como +52 222 123 4567.
address-wrong-email = Eso no es un correo electrónico. Debe ser como ana@example.com.
address-wrong-phone = Eso no es un número de teléfono. Revisa los dígitos o agrega el código de país.
address-wrong-both = Eso no es un correo ni un teléfono. Revísalo e inténtalo de nuevo.

otp-heading = Inicia sesión
otp-help = Te enviaremos un código.
otp-button = Enviar código
otp-too-many = Se pidieron demasiados códigos. Inténtalo de nuevo en { $wait }.
otp-country = No enviamos códigos a números de ese país. Usa otro número u otra forma de entrar.
otp-no-sms = Ahora no podemos enviar mensajes de texto. Usa otra forma de entrar.
otp-switched-off = Los códigos se desactivaron aquí después de demasiados errores. Entra de otra forma.
too-busy = Muchas personas están entrando ahora. Inténtalo de nuevo en un momento.

code-heading = Escribe tu código
code-sent = Enviamos un código a { $to }.
code-sent-again = Enviamos otro código a { $to }. Puedes usar cualquiera de ellos.
code-label = Código
code-button = Iniciar sesión
code-checking = Revisando el código…
code-digits = El código tiene seis dígitos. Escríbelos todos.
code-wrong = { $tries ->
    [one] Ese código no es correcto. Te queda un intento.
   *[other] Ese código no es correcto. Te quedan { $tries } intentos.
}
code-older = Ese código venció. Usa el más reciente.
code-too-many-tries = Se probaron demasiados códigos. Inténtalo de nuevo en { $wait }.
code-too-soon = Acabamos de enviar un código. Puedes pedir otro en { $wait }.
code-again = Enviar otro código
code-again-in = Puedes pedir otro código en { $wait }.
code-again-now = Ya puedes pedir otro código.
code-not-you = ¿No eres tú?
code-other-address = Usa otro correo o teléfono
code-meant = ¿Quisiste decir { $domain }?
code-meant-change = Cambiar el correo
code-expired-heading = Ese código venció
code-used-heading = Ese código ya se usó
code-new-help = Podemos enviar uno nuevo a { $to }.
code-tries-heading = Demasiados códigos incorrectos
code-tries-help = Por tu seguridad, ese código ya no sirve. Podemos enviar uno nuevo a { $to }.
code-new = Enviar un código nuevo

## Cerca de un límite

work-checking = Revisando tu navegador…
work-wait = Llegan muchas solicitudes desde tu red. Espera { $wait } y luego presiona “{ $button }”.
