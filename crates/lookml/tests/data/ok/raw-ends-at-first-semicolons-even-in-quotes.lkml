sql: select 'a;; hidden: yes
