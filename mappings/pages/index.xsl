<?xml version="1.0" encoding="UTF-8"?>
<!-- The house: how things stand in a line, and who finds what where. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:b="urn:cctns-bridge:page"
                exclude-result-prefixes="b">
  <xsl:import href="common.xsl"/>

  <!-- Systems whose figures can be added up without telling a small count of a confidential kind. -->
  <xsl:variable name="told" select="/house/figures/row[not(key('small', system)) and not(key('system', system)/secret = 'true'
      and (brought_forward | received | disposed | pending | overdue)[. &gt; 0 and . &lt; 5])]"/>

  <xsl:template name="card">
    <xsl:param name="key"/>
    <xsl:param name="n"/>
    <xsl:param name="hot" select="false()"/>
    <li>
      <xsl:if test="$hot and $n &gt; 0"><xsl:attribute name="class">hot</xsl:attribute></xsl:if>
      <b><xsl:value-of select="b:count(string($n))"/></b>
      <span><xsl:call-template name="w"><xsl:with-param name="key" select="$key"/></xsl:call-template></span>
    </li>
  </xsl:template>

  <xsl:template name="room">
    <xsl:param name="page"/>
    <li>
      <a href="{$page}.html"><xsl:call-template name="w"><xsl:with-param name="key" select="concat('page.', $page)"/></xsl:call-template></a>
      <p><xsl:call-template name="w"><xsl:with-param name="key" select="concat('room.', $page)"/></xsl:call-template></p>
    </li>
  </xsl:template>

  <xsl:template match="/house">
    <xsl:call-template name="frame">
      <xsl:with-param name="title"><xsl:call-template name="w"><xsl:with-param name="key">title.index</xsl:with-param></xsl:call-template></xsl:with-param>
      <xsl:with-param name="body">
        <xsl:call-template name="last"/>
        <ul class="cards">
          <xsl:call-template name="card"><xsl:with-param name="key">card.received</xsl:with-param><xsl:with-param name="n" select="sum($told/received)"/></xsl:call-template>
          <xsl:call-template name="card"><xsl:with-param name="key">card.disposed</xsl:with-param><xsl:with-param name="n" select="sum($told/disposed)"/></xsl:call-template>
          <xsl:call-template name="card"><xsl:with-param name="key">card.pending</xsl:with-param><xsl:with-param name="n" select="sum($told/pending)"/></xsl:call-template>
          <xsl:call-template name="card"><xsl:with-param name="key">card.overdue</xsl:with-param><xsl:with-param name="n" select="sum($told/overdue)"/><xsl:with-param name="hot" select="true()"/></xsl:call-template>
          <xsl:call-template name="card"><xsl:with-param name="key">card.unexplained</xsl:with-param><xsl:with-param name="n" select="sum(comparisons/row/unexplained)"/><xsl:with-param name="hot" select="true()"/></xsl:call-template>
        </ul>
        <xsl:if test="count($told) &lt; count(figures/row)">
          <p class="more"><xsl:call-template name="w"><xsl:with-param name="key">card.without</xsl:with-param></xsl:call-template></p>
        </xsl:if>
        <ul class="rooms">
          <xsl:call-template name="room"><xsl:with-param name="page">senior</xsl:with-param></xsl:call-template>
          <xsl:call-template name="room"><xsl:with-param name="page">it</xsl:with-param></xsl:call-template>
          <xsl:call-template name="room"><xsl:with-param name="page">audit</xsl:with-param></xsl:call-template>
        </ul>
        <section>
          <h2><xsl:call-template name="w"><xsl:with-param name="key">offices.title</xsl:with-param></xsl:call-template></h2>
          <p class="lead"><xsl:call-template name="w"><xsl:with-param name="key">offices.lead</xsl:with-param></xsl:call-template></p>
          <xsl:choose>
            <xsl:when test="offices/row">
              <ul class="places">
                <xsl:for-each select="offices/row">
                  <li><a href="cell/{unit}.html"><xsl:choose><xsl:when test="$lang = 'hi'"><xsl:value-of select="name_hi"/></xsl:when><xsl:otherwise><xsl:value-of select="name_en"/></xsl:otherwise></xsl:choose></a></li>
                </xsl:for-each>
              </ul>
            </xsl:when>
            <xsl:otherwise><p class="none"><xsl:call-template name="w"><xsl:with-param name="key">none</xsl:with-param></xsl:call-template></p></xsl:otherwise>
          </xsl:choose>
        </section>
      </xsl:with-param>
    </xsl:call-template>
  </xsl:template>
</xsl:stylesheet>
