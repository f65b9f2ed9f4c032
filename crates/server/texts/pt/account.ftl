## Signing out

sign-out-heading = Quer sair?
sign-out-help = Você vai sair de { $name } neste navegador.
sign-out-button = Sair
sign-out-stay = Continuar na conta
signed-out-heading = Você saiu
signed-out-go-on = Ir para { $name }

## Where a person is signed in

account-heading = Seus dispositivos
account-who = Você entrou em { $name } como { $who }.
account-this-device = Este dispositivo
account-unknown-device = Dispositivo desconhecido
account-seen-just-now = Visto agora há pouco
account-seen-minutes = { $minutes ->
    [one] Visto há { $minutes } minuto
   *[other] Visto há { $minutes } minutos
}
account-seen-hours = { $hours ->
    [one] Visto há { $hours } hora
   *[other] Visto há { $hours } horas
}
account-seen-yesterday = Visto ontem
account-seen-days = Visto há { $days } dias
account-seen-on = Visto em { $day ->
    [1] 1º
   *[other] { $day }
} de { $month ->
    [1] janeiro
    [2] fevereiro
    [3] março
    [4] abril
    [5] maio
    [6] junho
    [7] julho
    [8] agosto
    [9] setembro
    [10] outubro
    [11] novembro
   *[12] dezembro
} de { $year }
account-sign-out = Sair
account-sign-out-others = Sair de todos os outros
account-go-on = Ir para { $name }
account-device-ended = Você saiu de { $device }.
account-others-ended = Você saiu de todos os outros dispositivos.
account-no-such-device = Esse dispositivo não está na sua lista.
account-others-heading = Sair de todos os outros?
account-others-help = Aqui você continua na conta. Nos outros, será preciso entrar de novo.
account-others-button = Sair dos outros
account-others-keep = Deixar como estão
