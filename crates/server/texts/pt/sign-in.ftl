## sign-in: as formas de entrar e a senha

way-password = Usar uma senha
way-code = Entrar com um código
way-partner = Entrar em { $name }
way-forgotten = Esqueceu a senha?

password-heading = Entre na sua conta
password-label = Senha
password-button = Entrar
password-show = Mostrar
password-hide = Ocultar
password-wrong = O usuário ou a senha não estão certos. Confira os dois e tente de novo.
password-too-many = Foram tentadas senhas demais. Tente de novo em { $wait }.
password-switched-off = As senhas foram desativadas aqui depois de muitos erros. Entre de outra forma.

forgotten-heading = Esqueceu a senha?
forgotten-help = Vamos enviar um link para você criar uma nova.
forgotten-button = Enviar link
forgotten-back = Voltar
forgotten-sent-heading = Confira suas mensagens
forgotten-sent-help = Se houver uma conta, enviamos um link para criar uma nova senha.
forgotten-sent-button = Voltar para entrar
