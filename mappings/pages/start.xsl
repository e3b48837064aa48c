<?xml version="1.0" encoding="UTF-8"?>
<!-- The door: which language. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:import href="common.xsl"/>
  <xsl:template match="/house">
    <html lang="en">
      <head>
        <meta http-equiv="Content-Security-Policy" content="{$policy}"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="referrer" content="no-referrer"/>
        <meta name="robots" content="noindex, nofollow"/>
        <title><xsl:value-of select="key('word', 'brand')/@en"/></title>
        <style><xsl:value-of select="$css" disable-output-escaping="yes"/></style>
      </head>
      <body>
        <main id="main">
          <h1><xsl:value-of select="key('word', 'brand')/@en"/><br/><span lang="hi"><xsl:value-of select="key('word', 'brand')/@hi"/></span></h1>
          <p class="asof"><xsl:call-template name="w"><xsl:with-param name="key">asof</xsl:with-param></xsl:call-template><xsl:text> </xsl:text><xsl:call-template name="at"><xsl:with-param name="at" select="@asof"/></xsl:call-template></p>
          <ul class="rooms">
            <li><a href="en/index.html" hreflang="en">English</a></li>
            <li lang="hi"><a href="hi/index.html" hreflang="hi">हिन्दी</a></li>
          </ul>
        </main>
      </body>
    </html>
  </xsl:template>
</xsl:stylesheet>
