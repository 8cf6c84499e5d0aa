]
hidden: yes
