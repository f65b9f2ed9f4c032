## What went wrong: a heading that says it, what to do next, and the button that does it

malformed-heading = Esta dirección está incompleta
malformed-next = Le falta una parte o cambió por el camino. Empieza de nuevo desde { $name }.
malformed-button = Ir a { $name }

no-such-page-heading = Aquí no hay nada
no-such-page-next = Puede que la dirección esté cortada o sea demasiado antigua.
no-such-page-button = Ir a { $name }

other-site-heading = No pudimos aceptar el formulario
other-site-next = Estuvo abierto demasiado tiempo o lo envió otro sitio. No se cambió nada. Inténtalo de nuevo.
other-site-button = Empezar de nuevo

no-cookies-heading = Tu navegador rechaza las cookies
no-cookies-next = Necesitamos una para saber que sigues siendo tú. Permite las cookies de este sitio e inténtalo de nuevo.
no-cookies-button = Intentar de nuevo

other-browser-heading = Empezaste en otro navegador
other-browser-next = Por tu seguridad, hay que terminar de entrar en el navegador en el que empezaste. Empieza de nuevo aquí. Si vuelves a ver esta página, permite las cookies de este sitio.
other-browser-button = Empezar de nuevo

expired-heading = Pasó demasiado tiempo
expired-next = Por tu seguridad esperamos solo unos minutos. Empieza de nuevo; es rápido.
expired-button = Empezar de nuevo

return-to-heading = No sabemos a dónde llevarte
return-to-next = La dirección que te trajo nombra un lugar que no es parte de { $name }.
return-to-button = Ir a { $name }

no-way-in-heading = Aquí no puedes entrar
no-way-in-next = Entra donde tienes tu cuenta y ven desde allí.
no-way-in-button = Ir a { $name }

blocked-heading = Tu cuenta está bloqueada
blocked-next = Comunícate con { $name } para que la desbloqueen.
blocked-button = Ir a { $name }

unavailable-heading = No podemos iniciar tu sesión ahora
unavailable-next = No se perdió nada. Inténtalo de nuevo en un momento.
unavailable-button = Intentar de nuevo
