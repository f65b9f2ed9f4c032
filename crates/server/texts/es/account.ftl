## Signing out

sign-out-heading = ¿Cerrar sesión?
sign-out-help = Vas a salir de { $name } en este navegador.
sign-out-button = Cerrar sesión
sign-out-stay = Mantener abierta la sesión
signed-out-heading = Cerraste sesión
signed-out-go-on = Ir a { $name }

## Where a person is signed in

account-heading = Tus dispositivos
account-who = Entraste a { $name } como { $who }.
account-this-device = Este dispositivo
account-unknown-device = Dispositivo desconocido
account-seen-just-now = En uso hace un momento
account-seen-minutes = { $minutes ->
    [one] Última vez: hace { $minutes } minuto
   *[other] Última vez: hace { $minutes } minutos
}
account-seen-hours = { $hours ->
    [one] Última vez: hace { $hours } hora
   *[other] Última vez: hace { $hours } horas
}
account-seen-yesterday = Última vez: ayer
account-seen-days = Última vez: hace { $days } días
account-seen-on = Última vez: { $day } de { $month ->
    [1] enero
    [2] febrero
    [3] marzo
    [4] abril
    [5] mayo
    [6] junio
    [7] julio
    [8] agosto
    [9] septiembre
    [10] octubre
    [11] noviembre
   *[12] diciembre
} de { $year }
account-sign-out = Cerrar sesión
account-sign-out-others = Cerrar sesión en todos los demás
account-go-on = Ir a { $name }
account-device-ended = Cerramos la sesión en { $device }.
account-others-ended = Cerramos la sesión en todos los demás dispositivos.
account-no-such-device = Ese dispositivo no está en tu lista.
account-others-heading = ¿Cerrar sesión en todos los demás?
account-others-help = Aquí no cambia nada. En los demás habrá que volver a entrar.
account-others-button = Cerrar sesión en los demás
account-others-keep = Dejarlos como están
