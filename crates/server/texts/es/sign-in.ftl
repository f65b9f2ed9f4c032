## sign-in: las formas de entrar y la contraseña

way-password = Usa una contraseña
way-code = Entra con un código
way-partner = Inicia sesión en { $name }
way-forgotten = ¿Olvidaste tu contraseña?

password-heading = Inicia sesión
password-label = Contraseña
password-button = Iniciar sesión
password-show = Mostrar
password-hide = Ocultar
password-wrong = El usuario o la contraseña no son correctos. Revísalos e inténtalo de nuevo.
password-too-many = Se probaron demasiadas contraseñas. Inténtalo de nuevo en { $wait }.
password-switched-off = Las contraseñas se desactivaron aquí después de demasiados errores. Entra de otra forma.

forgotten-heading = ¿Olvidaste tu contraseña?
forgotten-help = Te enviaremos un enlace para crear una nueva.
forgotten-button = Enviar enlace
forgotten-back = Volver a iniciar sesión
forgotten-sent-heading = Revisa tus mensajes
forgotten-sent-help = Si hay una cuenta, enviamos un enlace para crear una contraseña nueva.
forgotten-sent-button = Volver a iniciar sesión
