## otp: um código por e-mail ou SMS

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

address-email = E-mail
address-phone = Telefone
address-both = E-mail ou telefone
address-name = Usuário, e-mail ou telefone
address-number-here = Um telefone sem código do país é lido como { $code }, por exemplo { $number }.
address-number-anywhere = Escreva o telefone com o código do país, como +55 11 96123-4567.
address-wrong-email = Isso não é um e-mail. Ele deve ser como ana@example.com.
address-wrong-phone = Isso não é um telefone. Confira os números ou inclua o código do país.
address-wrong-both = Isso não é um e-mail nem um telefone. Confira e tente de novo.

otp-heading = Entre na sua conta
otp-help = Vamos enviar um código para você.
otp-button = Enviar código
otp-too-many = Foram pedidos códigos demais. Tente de novo em { $wait }.
otp-country = Não enviamos códigos para números desse país. Use outro número ou outra forma de entrar.
otp-no-sms = Não conseguimos enviar SMS agora. Use outra forma de entrar.
otp-switched-off = Os códigos foram desativados aqui depois de muitos erros. Entre de outra forma.
too-busy = Muitas pessoas estão entrando agora. Tente de novo daqui a pouco.

code-heading = Digite seu código
code-sent = Enviamos um código para { $to }.
code-sent-again = Enviamos outro código para { $to }. Qualquer um deles serve.
code-label = Código
code-button = Entrar
code-checking = Conferindo o código…
code-digits = O código tem seis números. Digite todos.
code-wrong = { $tries ->
    [one] Esse código não está certo. Você tem mais uma tentativa.
   *[other] Esse código não está certo. Você tem mais { $tries } tentativas.
}
code-older = Esse código expirou. Use o mais recente.
code-too-many-tries = Foram tentados códigos demais. Tente de novo em { $wait }.
code-too-soon = Acabamos de enviar um código. Você pode pedir outro em { $wait }.
code-again = Enviar outro código
code-again-in = Você pode pedir outro código em { $wait }.
code-again-now = Você já pode pedir outro código.
code-not-you = Não é você?
code-other-address = Use outro e-mail ou telefone
code-meant = Você quis dizer { $domain }?
code-meant-change = Mudar o e-mail
code-expired-heading = Esse código expirou
code-used-heading = Esse código já foi usado
code-new-help = Podemos enviar um novo para { $to }.
code-tries-heading = Muitos códigos errados
code-tries-help = Para sua segurança, esse código não vale mais. Podemos enviar um novo para { $to }.
code-new = Enviar um novo código

## Perto de um limite

work-checking = Verificando seu navegador…
work-wait = Há muitos pedidos vindos da sua rede. Espere { $wait } e depois toque em “{ $button }”.
