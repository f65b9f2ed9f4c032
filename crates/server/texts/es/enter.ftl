## Coming in with a partner's word

enter-signing-in = Iniciando tu sesión…
enter-heading = Continuar en { $name }
enter-over = Tienes la sesión abierta como { $who }.
enter-button = Continuar
enter-button-as = Continuar como { $who }
enter-stay = Seguir como { $who }

## Back from the partner's login, without its word

return-heading = Todavía no iniciaste sesión
return-help = El inicio de sesión quedó a medias. Puedes intentarlo de nuevo.
return-again = Intentar de nuevo
return-other = Entrar de otra forma

## What went wrong with it

framed-heading = Abre esta página por separado
framed-next = Por tu seguridad, no se puede iniciar sesión dentro de otra página.
framed-button = Ir a { $name }

not-for-here-heading = Este enlace no es para este sitio
not-for-here-next = Vuelve adonde lo encontraste y ábrelo otra vez, o inicia sesión aquí.
not-for-here-button = Iniciar sesión

link-expired-heading = Este enlace venció
link-expired-next = Sirve más o menos un minuto. Vuelve adonde lo encontraste y ábrelo otra vez, o inicia sesión aquí.
link-expired-button = Iniciar sesión

link-used-heading = Este enlace ya se usó
link-used-next = Cada enlace sirve una sola vez. Vuelve adonde lo encontraste y ábrelo otra vez, o inicia sesión aquí.
link-used-button = Iniciar sesión

not-returned-heading = No pudimos iniciar tu sesión
not-returned-next = Tus datos no nos llegaron como debían. Empieza de nuevo; es rápido.
not-returned-button = Empezar de nuevo
