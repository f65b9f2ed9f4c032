# As palavras das mensagens, no português do Brasil. Variáveis: $name (o nome do partner), $code
# e $minutes (quanto tempo o código vale).

## Um código

otp-subject = Seu código para entrar: { $name }
otp-preheader = { $code } – vale uma única vez, por { $minutes ->
    [one] 1 minuto
   *[other] { $minutes } minutos
}.
otp-heading = Seu código de acesso
otp-lead = Digite este código onde ele foi pedido e você entra em { $name }.
otp-life = Vale uma única vez, por { $minutes ->
    [one] 1 minuto
   *[other] { $minutes } minutos
}.
otp-care = Não passe o código a ninguém, nem a quem disser que trabalha em { $name }.
otp-unasked = Não foi você? Ignore esta mensagem. Sem o código ninguém entra.

# Um SMS: só caracteres de GSM 03.38, que não tem á, ã, ç, í, ó, õ nem ú.
otp-sms = Use { $code } para entrar em { $name }. Vale por { $minutes ->
    [one] 1 minuto
   *[other] { $minutes } minutos
}. Nunca compartilhe com ninguém.

## O que define uma nova senha

password-reset-subject = Escolha uma nova senha para { $name }
password-reset-preheader = Você pode fazer isso por { $minutes ->
    [one] 1 minuto
   *[other] { $minutes } minutos
}.
password-reset-heading = Escolha uma nova senha
password-reset-lead = Cole este código onde ele foi pedido e escolha sua nova senha de { $name }.
password-reset-link-lead = Toque no botão e escolha sua nova senha de { $name }.
password-reset-open = Abra este endereço e escolha sua nova senha de { $name }:
password-reset-button = Escolher senha
password-reset-address = O botão não funciona? Copie este endereço no seu navegador:
password-reset-life = Vale uma única vez, por { $minutes ->
    [one] 1 minuto
   *[other] { $minutes } minutos
}. Depois você precisará entrar de novo em todos os seus aparelhos.
password-reset-care = Não encaminhe esta mensagem: quem a tiver pode trocar sua senha.
password-reset-unasked = Não foi você? Ignore esta mensagem. Sua senha continua a mesma.

# Com o código longo, num SMS cabe pouco mais.
password-reset-sms = { $code } troca sua senha de { $name }. Vale por { $minutes ->
    [one] 1 minuto
   *[other] { $minutes } minutos
}.

## No pé de cada e-mail

mail-foot = Você recebe esta mensagem porque alguém digitou seu endereço em { $name }.
